package archtest

import "slices"

// The house rules. Places are packages, named by their folder; "std:" marks the standard library. A rule is about the
// program unless it says testsToo; test kits (dbtest, portstest) and e2e count as tests.
var rules = []rule{
	// The folders, and the arrows between them.
	{
		name:  "folders",
		says:  "Go code lives in modules, shared, adapters, bootstrap, migrations or e2e",
		fix:   "move it to the folder whose rules it can keep",
		check: only("modules/**", "shared/**", "adapters/**", "bootstrap/**", "migrations/**", "e2e/**"),
	},
	{
		name: "arrows",
		says: "imports go bootstrap → modules → adapters → shared, in tests too",
		fix:  "turn the dependency round: declare an interface where it is needed and let bootstrap hand the other in",
		check: all(
			within("shared/**").testsToo().neverImports("adapters/**", "modules/**", "bootstrap/**", "migrations/**"),
			within("adapters/**").testsToo().neverImports("modules/**", "bootstrap/**"),
			within("modules/**").testsToo().neverImports("bootstrap/**"),
			within("migrations/**").testsToo().neverImports("modules/**", "bootstrap/**"),
		),
	},
	{
		name:  "no-e2e",
		says:  "only tests import e2e",
		fix:   "move what the program needs out of the test kit",
		check: everywhere().neverImports("e2e/**"),
	},
	{
		name:  "no-foreign-module",
		says:  "no module imports another, not even in a test",
		fix:   "listen to the other module's events and keep a copy of what you need; in a test, publish the event",
		check: within("modules/{m}/**").testsToo().neverImports("modules/{!m}/**"),
	},
	{
		name:  "shared-is-plain",
		says:  "shared uses the standard library, github.com/google/uuid, Unicode's normal forms and itself",
		fix:   "put technology into adapters, and only its interface into shared",
		check: within("shared/**").importsOnly("std:**", "github.com/google/uuid", "golang.org/x/text/unicode/norm", "shared/**"),
	},

	// The rooms of a module.
	{
		name: "domain",
		says: "domain uses the standard library without I/O, and shared without the bus and transactions",
		fix:  "leave I/O to an adapter behind a port, and transactions, publishing and logs to application",
		check: all(
			within("modules/{m}/internal/domain/**").importsOnly("std:**", "shared/**", "modules/{m}/internal/domain/**"),
			within("modules/{m}/internal/domain/**").neverImports(slices.Concat(inputOutput,
				[]string{"std:log/**", "shared/uow/**"})...),
			within("modules/{m}/internal/domain/**").neverUses("shared/eventbus", "Bus"),
		),
	},
	{
		name: "ports",
		says: "ports use the standard library without I/O, shared, and their own domain",
		fix:  "speak of domain types in a port; who implements it may know the technology",
		check: all(
			within("modules/{m}/internal/ports/**").importsOnly("std:**", "shared/**",
				"modules/{m}/internal/domain/**", "modules/{m}/internal/ports/**"),
			within("modules/{m}/internal/ports/**").neverImports(slices.Concat(inputOutput, []string{"std:log/**"})...),
		),
	},
	{
		name: "application",
		says: "application uses the standard library without I/O, shared, and its own domain and ports",
		fix:  "declare what it needs from outside as a port; an adapter of the module implements it",
		check: all(
			within("modules/{m}/internal/application/**").importsOnly("std:**", "shared/**", "modules/{m}/internal/domain/**",
				"modules/{m}/internal/ports/**", "modules/{m}/internal/application/**"),
			within("modules/{m}/internal/application/**").neverImports(slices.Concat(inputOutput, []string{"std:log"})...),
		),
	},
	{
		name:  "adapters-apart",
		says:  "the adapters of a module do not import each other",
		fix:   "go through application, or have module.go wire one to the other through a port",
		check: within("modules/{m}/internal/adapters/{a}/**").neverImports("modules/{m}/internal/adapters/{!a}/**"),
	},
	{
		name:  "rooms",
		says:  "a module has doc.go, module.go, module_test.go, and internal with domain, ports, application and adapters",
		fix:   "add what is missing, or move the code to the room it belongs to: knowing one module is knowing all",
		check: checkRooms,
	},
	{
		name:  "door",
		says:  "a module's door shows New, Module with its methods, Deps and Config, and nothing of its inside",
		fix:   "make it a method of Module that speaks of shared types, or keep it in internal",
		check: checkDoor,
	},
	{
		name:  "fields",
		says:  "a test of the module tries every field of a …State of its domain over HTTP",
		fix:   "hand it to moduletest.RequireFields in fields_test.go of the module, or to RequireShown if no POST makes it",
		check: checkStates,
	},

	// Technology and where it may be seen.
	{
		name: "gorm",
		says: "GORM is known to gormstore, adapters/database and adapters/replica",
		fix:  "put the query into the module's gormstore, behind a method of its port",
		check: everywhere().except("modules/{m}/internal/adapters/gormstore/**", "adapters/database/**",
			"adapters/replica/**").neverImports("gorm.io/**"),
	},
	{
		name: "database",
		says: "adapters/database is known to gormstore, a module's door, adapters, migrations and bootstrap",
		fix:  "take a uow.UnitOfWork for transactions, and a port for queries",
		check: everywhere().except("modules/{m}/internal/adapters/gormstore/**", "modules/{m}", "adapters/**",
			"migrations/**", "bootstrap/**").neverImports("adapters/database/**"),
	},
	{
		name: "conn",
		says: "the connection of a unit of work is taken in gormstore and in adapters only",
		fix:  "put the query into the module's gormstore",
		check: within("modules/**", "bootstrap/**").except("modules/{m}/internal/adapters/gormstore/**").
			nodes(refuseConn),
	},
	{
		name: "huma",
		says: "huma is known to adapters/httpserver and to httpapi and the door of a module",
		fix:  "register the route in httpapi, through adapters/httpserver",
		check: everywhere().except("adapters/httpserver/**", "modules/{m}/internal/adapters/httpapi/**", "modules/{m}").
			neverImports("github.com/danielgtaylor/huma/**"),
	},
	{
		name:  "river",
		says:  "River is known to adapters/jobs",
		fix:   "insert and handle jobs through shared/jobs",
		check: everywhere().except("adapters/jobs/**").neverImports("github.com/riverqueue/**"),
	},
	{
		name: "redis",
		says: "the client of Redis is known to adapters/redis, adapters/ratelimit and adapters/broadcast",
		fix:  "hold a redis.Client of adapters/redis, and hand it to who knows what to do with it",
		check: everywhere().except("adapters/redis/**", "adapters/ratelimit", "adapters/broadcast").
			neverImports("github.com/redis/**"),
	},
	{
		name: "telemetry",
		says: "Prometheus and OpenTelemetry are known to adapters/telemetry",
		fix:  "offer a hook in terms of your own, and let bootstrap hand it to adapters/telemetry",
		check: everywhere().except("adapters/telemetry/**").
			neverImports("github.com/prometheus/**", "go.opentelemetry.io/**"),
	},
	{
		name:  "linked",
		says:  "nothing made for tests is linked into the program",
		fix:   "import it in _test.go files only, or move what the program needs out of the test kit",
		check: checkProgram,
	},

	// Events.
	{
		name: "subscriptions",
		says: "the bus is wired in module.go or subscriptions.go of a module, and in adapters/replica",
		fix:  "publish and subscribe in the module's New, so that its wiring can be read in one place",
		check: everywhere().except("modules/{m}/module.go", "modules/{m}/subscriptions.go", "adapters/replica/**").
			neverUses("shared/eventbus", "Publishes", "Subscribe", "BeforeCommit", "AfterCommit"),
	},
	{
		name:  "event-home",
		says:  "every event is a type of shared/events",
		fix:   "move the type to shared/events, into the file of the module that publishes it",
		check: checkEventHome,
	},
	{
		name:  "event-files",
		says:  "a file of shared/events is named after the module that publishes what is in it",
		fix:   "rename the file to the module's name",
		check: checkEventFiles,
	},
	{
		name:  "event-fields",
		says:  "events are made of ids, text, bools, numbers and times, pointers to those, lists of ids, and structs of shared/events",
		fix:   "write the facts a listener needs as plain fields; never an aggregate, a row or a collection of more than ids",
		check: checkEventFields,
	},

	// What is handed in and not taken.
	{
		name: "injected",
		says: "a module is handed its clock and its ids",
		fix:  "use the clock and the id generator of the module's Deps, so that a test can say what they give",
		check: all(
			within("modules/**").neverUses("std:time", "Now", "Since", "Until"),
			within("modules/**").neverUses("shared/clock", "System"),
			within("modules/**").neverUses("shared/ids", "New"),
			within("modules/**").neverImports("github.com/google/uuid"),
		),
	},
	{
		name: "process",
		says: "only a main prints, logs to the global logger or ends the process",
		fix:  "return an error, write to the io.Writer you were given, or log to the *slog.Logger you were given",
		check: all(
			outsideMains().neverUses("std:fmt", "Print", "Printf", "Println"),
			outsideMains().neverUses("std:log", "Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln",
				"Panic", "Panicf", "Panicln"),
			outsideMains().neverUses("std:os", "Exit"),
		),
	},
	{
		name:  "no-init",
		says:  "a module does nothing before New",
		fix:   "do it in New, or make it a value",
		check: within("modules/**").nodes(refuseInit),
	},

	// Names and form.
	{
		name:  "package-names",
		says:  "no package is called util, common, helper, manager or models",
		fix:   "name it after what it holds",
		check: checkPackageNames,
	},
	{
		name:  "names",
		says:  "no exported name ends in Impl or UseCase, and no interface is called I…",
		fix:   "name an implementation after its technology, an operation after what it does, an interface after its role",
		check: everywhere().testsToo().nodes(refuseNames),
	},
	{
		name:  "file-length",
		says:  "a file has at most 400 lines, a test 600, unless it is generated",
		fix:   "split it where its story does",
		check: checkFileLength,
	},
	{
		name:  "nolint",
		says:  "a nolint names its linter and gives a reason",
		fix:   "write //nolint:linter // why it is right here",
		check: checkNolint,
	},
}

// inputOutput is what the inner rooms of a module leave to its adapters. Values such as net/url and net/mail are fine.
var inputOutput = []string{
	"std:net", "std:net/http/**", "std:net/rpc/**", "std:net/smtp", "std:database/**", "std:os/**", "std:syscall/**",
	"std:plugin", "std:flag", "std:expvar", "std:testing/**",
}
