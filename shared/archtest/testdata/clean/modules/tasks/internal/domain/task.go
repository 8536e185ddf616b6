package domain

type Task struct{}
