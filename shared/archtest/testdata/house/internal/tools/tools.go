package tools // want "folders"
