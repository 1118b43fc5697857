def segment(text): raise NotImplementedError
