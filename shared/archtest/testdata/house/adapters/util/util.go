package util // want "package-names"
