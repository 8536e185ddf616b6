package database

import _ "gorm.io/gorm"

type DB struct{}
