// Belongs to nobody's image.
