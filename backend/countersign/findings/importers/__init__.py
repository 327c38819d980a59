"""One file for each format that findings are read from."""
