package gormstore

// The queries that read many feeds at once, so that a test can look at their plans.
var (
	AfterQuery = (*Store).afterQuery
	AheadQuery = (*Store).aheadQuery
)
