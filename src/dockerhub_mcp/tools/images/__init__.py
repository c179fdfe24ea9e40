"""What the workflows on images share: references, tag listings, reading of images."""
