package bootstrap

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/danielgtaylor/huma/v2"                 // want "huma"
	_ "github.com/prometheus/client_golang/prometheus" // want "telemetry"
	_ "github.com/redis/go-redis/v9"                   // want "redis"
	_ "go.opentelemetry.io/otel"                       // want "telemetry"
	"gorm.io/gorm"                                     // want "gorm"

	"house/adapters/database"
)

func demo(ctx context.Context, db *database.DB, _ *gorm.DB, _ huma.API) {
	db.Conn(ctx)       // want "conn"
	fmt.Println("hi")  // want "process"
	log.Fatalf("no")   // want "process"
	fmt.Print("hi")    // want "process"
	fmt.Printf("hi")   // want "process"
	log.Print("hi")    // want "process"
	log.Printf("hi")   // want "process"
	log.Println("hi")  // want "process"
	log.Fatal("no")    // want "process"
	log.Fatalln("no")  // want "process"
	log.Panic("no")    // want "process"
	log.Panicf("no")   // want "process"
	log.Panicln("no")  // want "process"
	leave := os.Exit   // want "process"
	leave(len("done")) // the value above is as bad as the call
	fmt.Fprintln(os.Stderr, "fine")
}
