"""Gold against predictions. Nothing here sees a model: it compares lists of documents."""
