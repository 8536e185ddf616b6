package cache // want "rooms"
