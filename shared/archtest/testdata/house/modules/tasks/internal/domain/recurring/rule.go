package recurring

import _ "database/sql/driver" // want "domain"
