package helpers // want "package-names"
