"""The network, in torch: encoder, heads, and their conversion to the runtime's graph."""
