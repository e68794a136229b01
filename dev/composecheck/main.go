// Command composecheck loads Compose files, the later ones over the earlier, with the library that
// Docker Compose itself is made of, so that the configuration is checked where no container engine
// is: schema, interpolation, references between services, networks and volumes.
//
// Files of variables (env_file) need not be there: they hold what is not in the repository.
//
//	go run . <file>...
package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: composecheck <file>...")
		os.Exit(2)
	}
	if err := check(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, strings.Join(os.Args[1:], ", ")+":", err)
		os.Exit(1)
	}
}

func check(files []string) error {
	options, err := cli.NewProjectOptions(
		files,
		cli.WithOsEnv,
		cli.WithoutEnvironmentResolution,
		cli.WithProfiles([]string{"*"}),
		cli.WithConsistency(true),
	)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	for _, service := range project.Services {
		for dependency, how := range service.DependsOn {
			other, err := project.GetService(dependency)
			if err != nil {
				return err
			}
			if how.Condition == "service_healthy" && other.HealthCheck == nil {
				return fmt.Errorf("%s waits for %s to be healthy, but %s has no healthcheck",
					service.Name, dependency, dependency)
			}
		}
	}
	names := project.ServiceNames()
	sort.Strings(names)
	fmt.Printf("%d services: %s\n", len(names), strings.Join(names, ", "))
	return nil
}
