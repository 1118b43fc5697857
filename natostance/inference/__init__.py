"""From documents to labelled documents: the classifier, its decoding and its backends."""
