// Loads a Compose file as Docker Compose does and prints the model as JSON; exit 1 and the fault when it is not valid.
//
//	deploy_loader -file docker-compose.yml -env .env [-profile NAME]...
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
)

type names []string

func (n *names) String() string { return fmt.Sprint(*n) }

func (n *names) Set(name string) error {
	*n = append(*n, name)
	return nil
}

func main() {
	file := flag.String("file", "docker-compose.yml", "the Compose file")
	env := flag.String("env", "", "the file of variables; none: no variable is set")
	var profiles names
	flag.Var(&profiles, "profile", "a profile, instead of those of COMPOSE_PROFILES; may be repeated")
	flag.Parse()
	model, err := load(*file, *env, profiles)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(model))
}

// load resolves variables, merges, validates against the Compose schema and the rules between services, and leaves
// out the services whose profile was not chosen. The environment of this process has no say.
func load(file, env string, profiles []string) ([]byte, error) {
	var envFiles []string
	if env != "" {
		envFiles = append(envFiles, env)
	}
	options, err := cli.NewProjectOptions(
		[]string{file},
		cli.WithWorkingDirectory(filepath.Dir(file)),
		cli.WithEnvFiles(envFiles...),
		cli.WithDotEnv,
		cli.WithDefaultProfiles(profiles...),
	)
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	return project.MarshalJSON()
}
