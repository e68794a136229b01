// Command composecheck loads compose.yaml with the library that Docker Compose itself is made of,
// so that its configuration is checked where no container engine is: schema, interpolation,
// references between services, networks, volumes and profiles.
//
//	go run . <folder> [profile...]
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
		fmt.Fprintln(os.Stderr, "usage: composecheck <folder of compose.yaml> [profile...]")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "compose.yaml:", err)
		os.Exit(1)
	}
}

func check(folder string, profiles []string) error {
	options, err := cli.NewProjectOptions(
		nil,
		cli.WithWorkingDirectory(folder),
		cli.WithDefaultConfigPath,
		cli.WithOsEnv,
		cli.WithProfiles(profiles),
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
