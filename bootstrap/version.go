package bootstrap

import "runtime/debug"

// version is stamped by the linker: -X fasttrack/bootstrap.version=1.2.3.
var version string

// Version returns what this binary is: the stamped version, else the commit that it was built from, else "dev".
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
				return setting.Value[:12]
			}
		}
	}
	return "dev"
}
