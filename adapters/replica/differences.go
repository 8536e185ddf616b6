package replica

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fasttrack/adapters/database"
)

// Copied is a table that keeps what another module owns, row by row. Both have a column version.
type Copied struct {
	Table, Source string
	On            map[string]string // the columns of the copy by which a row of the source is found
}

// Differences returns how many rows one side has in another version, or not at all. It is for whoever looks for what is
// wrong; what it reads belongs to several modules.
func (c Copied) Differences(ctx context.Context, db *database.DB) (n int64, err error) {
	var on []string
	for _, column := range slices.Sorted(maps.Keys(c.On)) {
		on = append(on, fmt.Sprintf("c.%s = s.%s", column, c.On[column]))
	}
	err = db.Conn(ctx).Raw(fmt.Sprintf("SELECT COUNT(*) FROM %s AS s FULL JOIN %s AS c ON %s"+
		" WHERE s.version IS NULL OR c.version IS NULL OR s.version <> c.version",
		c.Source, c.Table, strings.Join(on, " AND "))).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("compare %s with %s: %w", c.Table, c.Source, err)
	}
	return n, nil
}
