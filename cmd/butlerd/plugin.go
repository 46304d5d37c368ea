package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"butlerd/host"
	"butlerd/plugins"
	"butlerd/sdk"
)

// plugin lists plugins, or serves a bundled one to the host that started this
// process.
func (p *program) plugin(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return usageError{"butlerd plugin: list is needed"}
	}
	switch args[0] {
	case "list":
		return p.pluginList(ctx, args[1:])
	case "serve":
		return pluginServe(args[1:])
	}
	return usageError{fmt.Sprintf("butlerd plugin: there is no %q, only list", args[0])}
}

// pluginServe is what a host starts; people have no use for it.
func pluginServe(args []string) error {
	if len(args) != 1 {
		return usageError{"butlerd plugin serve: the name of a bundled plugin is needed"}
	}
	if make, ok := plugins.Bundled()[args[0]]; ok {
		sdk.Serve(make())
		return nil
	}
	return usageError{fmt.Sprintf("butlerd plugin serve: there is no bundled plugin %q", args[0])}
}

// pluginList prints the plugins that a configuration declares.
func (p *program) pluginList(ctx context.Context, args []string) error {
	fs := p.flags("plugin list")
	cf := addConfigFlags(fs)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(fs, args); err != nil {
		return err
	}
	builtin, err := bundled()
	if err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	list, diags, err := host.ListPlugins(ctx, host.Options{Config: cf.options(p), Version: version(), Bundled: builtin})
	if err := p.report(diags, err); err != nil {
		return err
	}
	if *asJSON {
		return p.printJSON(list)
	}
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "PLUGIN\tVERSION\tKIND\tACTION\tWHAT IT DOES")
	for _, l := range list {
		for _, a := range l.Actions {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Name, l.Version, l.Kind, a.Type, a.Doc)
		}
	}
	return w.Flush()
}
