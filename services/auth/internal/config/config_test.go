package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	tests := []struct {
		name, text, port string
		want             int
		fails            bool
	}{
		{name: "defaults", text: "log: {level: debug}\n", want: 8080},
		{name: "file", text: "server: {port: 9000}\n", want: 9000},
		{name: "environment wins", text: "server: {port: 9000}\n", port: "9001", want: 9001},
		{name: "unknown key", text: "sever: {port: 9000}\n", fails: true},
		{name: "no port", text: "server: {port: 0}\n", fails: true},
		{name: "bad environment", text: "server: {port: 9000}\n", port: "http", fails: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("PORT", test.port)
			path := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			config, err := Load(path)
			if (err != nil) != test.fails {
				t.Fatalf("Load() error = %v, want failure %v", err, test.fails)
			}
			if !test.fails && config.Server.Port != test.want {
				t.Errorf("port = %d, want %d", config.Server.Port, test.want)
			}
		})
	}
}

func TestProductionConfigurationLoads(t *testing.T) {
	config, err := Load("../../config/production.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if config.Tokens.Lifetime != 15*time.Minute {
		t.Errorf("lifetime = %s, want 15m", config.Tokens.Lifetime)
	}
}
