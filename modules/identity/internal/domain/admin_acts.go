package domain

// What an [AuditEntry] tells of what a system admin did where nothing but being one allowed it.
const (
	AuditAdminOrganizationChanged = "admin.organization_changed"
	AuditAdminOrganizationDeleted = "admin.organization_deleted"
	AuditAdminMemberAdded         = "admin.member_added" // of members the target is the organisation
	AuditAdminMemberChanged       = "admin.member_changed"
	AuditAdminMemberRemoved       = "admin.member_removed"
	AuditAdminProjectCreated      = "admin.project_created"
	AuditAdminProjectChanged      = "admin.project_changed"
	AuditAdminProjectDeleted      = "admin.project_deleted"
	AuditAdminTaskCreated         = "admin.task_created"
	AuditAdminTaskChanged         = "admin.task_changed"
	AuditAdminTaskDeleted         = "admin.task_deleted"
	AuditAdminCommentAdded        = "admin.comment_added"
	AuditAdminCommentDeleted      = "admin.comment_deleted"
)

// What it was done to.
const (
	TargetOrganization = "organization"
	TargetProject      = "project"
	TargetTask         = "task"
	TargetComment      = "comment"
)
