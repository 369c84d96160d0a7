"""The stand-in has no outputs to make safe."""
