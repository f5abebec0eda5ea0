"""What constructors take: types and ranges declared once, in annotations, and objects made by them."""
