"""Gold against predictions. Nothing here sees a model: it compares lists of documents.

What every figure means, with its conventions, stands in ``docs/evaluation.md``.
"""
