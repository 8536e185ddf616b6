package events // want "event-files"
