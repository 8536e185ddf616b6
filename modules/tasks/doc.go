// Package tasks is the bounded context of tasks: what is to be done in a project, by whom and until when.
//
// Owns: tasks.
// Publishes: tasks.task_assigned, tasks.task_changed, tasks.task_created, tasks.task_deleted, tasks.task_status_changed, tasks.task_unassigned, tasks.tasks_unassigned.
// Listens: identity.user_changed, identity.user_registered, organizations.member_added, organizations.member_changed, organizations.member_removed, organizations.organization_deleted, projects.project_changed, projects.project_created, projects.project_deleted.
// Keeps copies of: projects (whose they are, what they are called, whether they are archived), to which its tasks are tied
// by a foreign key; memberships (who belongs to which organisation, and as what); users (whether they are active, what they
// are called).
// Tables: tasks, task_projects, task_members, task_users, task_search, task_search_texts.
//
// The last two are there on SQLite only: they are what its search has instead of an index.
//
// Locks are taken in one order by everybody: the copy of the project, those of memberships, that of the assignee, the
// task; of several tasks in the order of their ids. Whoever writes a task holds its project FOR SHARE; to archive or
// delete a project is to change or delete the copy. So no task is made or changed in a project that is being archived,
// and none is left behind by one that is deleted. In an organisation's project they also hold the memberships of the
// caller, of the assignee and of who created the task: nobody writes who is being removed or demoted, and nobody is an
// assignee who is no member. Whoever leaves is taken from their tasks in the same transaction, in batches.
package tasks
