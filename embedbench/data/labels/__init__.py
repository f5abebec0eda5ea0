"""Labels of rows: classes, numbers, several a row, and further columns of them."""
