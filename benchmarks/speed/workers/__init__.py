"""One program for each system that is measured; each runs in an environment of its own.

What is in here may import nothing of natostance but in its own workers: peers' environments do not
have it.
"""
