package signals_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime/debug"

	"github.com/larder-go/larder/signals"
)

// Order is the event of the examples.
type Order struct{ ID int }

func Example() {
	var orderPlaced signals.Signal[Order]

	disconnect := orderPlaced.Connect(func(ctx context.Context, sender any, o Order) error {
		fmt.Println("mailing order", o.ID)
		return nil
	})
	orderPlaced.SendRobust(context.Background(), nil, Order{ID: 7})

	disconnect()
	orderPlaced.SendRobust(context.Background(), nil, Order{ID: 8})
	// Output: mailing order 7
}

func ExampleSignal_Send() {
	var orderPlaced signals.Signal[Order]
	orderPlaced.Connect(func(context.Context, any, Order) error { return nil }, signals.UID("stock"))
	orderPlaced.Connect(func(context.Context, any, Order) error { return errors.New("card refused") }, signals.UID("payment"))
	orderPlaced.Connect(func(context.Context, any, Order) error { return nil }, signals.UID("mail"))

	results, err := orderPlaced.Send(context.Background(), nil, Order{ID: 7})
	for _, r := range results {
		fmt.Println(r.UID, r.Err)
	}
	fmt.Println("order failed:", err)
	// Output:
	// stock <nil>
	// payment card refused
	// order failed: card refused
}

func ExampleSignal_SendRobust() {
	var orderPlaced signals.Signal[Order]
	orderPlaced.SetLogger(slog.New(slog.DiscardHandler)) // failures go to slog.Default otherwise
	orderPlaced.Connect(func(context.Context, any, Order) error { return errors.New("printer on fire") }, signals.UID("invoice"))
	orderPlaced.Connect(func(context.Context, any, Order) error { panic("nil map") }, signals.UID("statistics"))
	orderPlaced.Connect(func(context.Context, any, Order) error { return nil }, signals.UID("mail"))

	for _, r := range orderPlaced.SendRobust(context.Background(), nil, Order{ID: 7}) {
		var panicked *signals.PanicError
		fmt.Println(r.UID, r.Err, errors.As(r.Err, &panicked))
	}
	// Output:
	// invoice printer on fire false
	// statistics panic: nil map true
	// mail <nil> false
}

func ExampleSignal_SendAsync() {
	var orderPlaced signals.Signal[Order]
	for _, shop := range []string{"Ghent", "Turin"} {
		orderPlaced.Connect(func(ctx context.Context, sender any, o Order) error {
			if shop == "Turin" {
				return fmt.Errorf("%s is closed", shop)
			}
			return nil
		}, signals.UID(shop))
	}
	orderPlaced.SetLogger(slog.New(slog.DiscardHandler))

	pending := orderPlaced.SendAsync(context.Background(), nil, Order{ID: 7})
	// Do something else meanwhile.
	results, err := pending.Wait(context.Background())
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range results {
		fmt.Println(r.UID, r.Err)
	}
	// Output:
	// Ghent <nil>
	// Turin Turin is closed
}

func ExampleSignal_HasListeners() {
	var orderPlaced signals.Signal[Order]
	shop := &struct{ name string }{"Ghent"}

	placed := func(id int) {
		if !orderPlaced.HasListeners(shop) {
			fmt.Println("nobody wants to know")
			return
		}
		orderPlaced.SendRobust(context.Background(), shop, Order{ID: id}) // imagine an Order to be dear
	}
	placed(7)
	orderPlaced.Connect(func(_ context.Context, _ any, o Order) error {
		fmt.Println("order", o.ID)
		return nil
	})
	placed(8)
	// Output:
	// nobody wants to know
	// order 8
}

func ExampleFrom() {
	var orderPlaced signals.Signal[Order]
	ghent, turin := &struct{ name string }{"Ghent"}, &struct{ name string }{"Turin"}

	orderPlaced.Connect(func(_ context.Context, sender any, o Order) error {
		fmt.Println("Ghent has order", o.ID)
		return nil
	}, signals.From(ghent))

	orderPlaced.SendRobust(context.Background(), ghent, Order{ID: 7})
	orderPlaced.SendRobust(context.Background(), turin, Order{ID: 8})
	// Output: Ghent has order 7
}

func ExampleUID() {
	var orderPlaced signals.Signal[Order]
	setUp := func() { // may well be called twice
		orderPlaced.Connect(func(_ context.Context, _ any, o Order) error {
			fmt.Println("mailing order", o.ID)
			return nil
		}, signals.UID("example.org/shop/mail"))
	}
	setUp()
	setUp()
	orderPlaced.SendRobust(context.Background(), nil, Order{ID: 7})

	fmt.Println(orderPlaced.Disconnect("example.org/shop/mail"))
	fmt.Println(orderPlaced.Disconnect("example.org/shop/mail"))
	// Output:
	// mailing order 7
	// true
	// false
}

// A test, or a server that is to be kept apart from others, has a bus of its
// own. Here the sending is written out that the Lifecycle middleware does.
func ExampleBus() {
	var bus signals.Bus
	bus.RequestStarted.Connect(func(_ context.Context, _ any, e signals.StartedEvent) error {
		fmt.Println("started", e.Request.URL.Path)
		return nil
	})
	bus.GotRequestException.Connect(func(_ context.Context, _ any, e signals.ExceptionEvent) error {
		fmt.Println("failed:", e.Err)
		return nil
	})
	bus.RequestFinished.Connect(func(_ context.Context, _ any, e signals.FinishedEvent) error {
		fmt.Println("finished", e.Request.URL.Path)
		return nil
	})

	handler := func(w http.ResponseWriter, r *http.Request) {
		bus.RequestStarted.SendRobust(r.Context(), nil, signals.StartedEvent{Request: r})
		defer bus.RequestFinished.SendRobust(r.Context(), nil, signals.FinishedEvent{Request: r})
		defer func() {
			if v := recover(); v != nil {
				err := &signals.PanicError{Value: v, Stack: debug.Stack()}
				bus.GotRequestException.SendRobust(r.Context(), nil, signals.ExceptionEvent{Request: r, Err: err})
			}
		}()
		panic("out of paper")
	}
	handler(httptest.NewRecorder(), httptest.NewRequest("GET", "/print", nil))
	// Output:
	// started /print
	// failed: panic: out of paper
	// finished /print
}
