"""Images of Node and Go services as a graph of stages, expressed in Dagger."""
