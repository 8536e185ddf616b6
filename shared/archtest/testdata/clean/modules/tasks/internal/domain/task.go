package domain

type Task struct{}

type State struct{}
