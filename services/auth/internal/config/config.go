// Package config reads the service's configuration file.
package config

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// Config is the whole configuration, as the YAML file holds it.
type Config struct {
	Server struct {
		Port            int           `yaml:"port"`
		ShutdownTimeout time.Duration `yaml:"shutdown_timeout"`
	} `yaml:"server"`
	Tokens struct {
		Issuer   string        `yaml:"issuer"`
		Lifetime time.Duration `yaml:"lifetime"`
		KeyFile  string        `yaml:"key_file"`
	} `yaml:"tokens"`
	Log struct {
		Level string `yaml:"level"`
	} `yaml:"log"`
}

// Load reads a file. A key that the program does not know is an error: a misspelt one would silently do nothing.
// PORT, where it is set, wins over the file.
func Load(path string) (Config, error) {
	var config Config
	config.Server.Port = 8080
	config.Server.ShutdownTimeout = 10 * time.Second
	config.Tokens.Issuer = "auth-service"
	config.Tokens.Lifetime = 15 * time.Minute
	config.Log.Level = "info"

	text, err := os.ReadFile(path)
	if err != nil {
		return config, fmt.Errorf("read configuration: %w", err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil {
		return config, fmt.Errorf("%s: %w", path, err)
	}
	if port := os.Getenv("PORT"); port != "" {
		if config.Server.Port, err = strconv.Atoi(port); err != nil {
			return config, fmt.Errorf("PORT is %q: %w", port, err)
		}
	}
	if config.Server.Port < 1 || config.Server.Port > 65535 {
		return config, fmt.Errorf("%s: server.port is %d, not a port", path, config.Server.Port)
	}
	return config, nil
}
