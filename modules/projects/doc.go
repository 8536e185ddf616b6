// Package projects is the bounded context of projects: the places in which tasks are.
//
// Owns: projects and their task counts, the Inbox of every user.
// Publishes: projects.project_changed, projects.project_created, projects.project_deleted.
// Listens: identity.user_registered, tasks.task_created, tasks.task_deleted, tasks.task_status_changed.
// Keeps copies: none.
// Tables: projects, project_task_deltas.
package projects
