package gormstore

import (
	"clean/adapters/database"
	"clean/modules/tasks/internal/domain"
)

type Store struct{ db *database.DB }

func New(db *database.DB) *Store { return &Store{db} }

func (*Store) Get() domain.Task { return domain.Task{} }
