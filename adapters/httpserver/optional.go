package httpserver

import "reflect"

// Optional is a query parameter whose absence differs from its zero value, such as ?completed=false.
type Optional[T any] struct {
	Value T
	Set   bool
}

// Pointer returns nil when the parameter is absent.
func (o Optional[T]) Pointer() *T {
	if !o.Set {
		return nil
	}
	return &o.Value
}

// Receiver is where huma puts the value.
func (o *Optional[T]) Receiver() reflect.Value { return reflect.ValueOf(o).Elem().Field(0) }

// OnParamSet is how huma says that there is one.
func (o *Optional[T]) OnParamSet(isSet bool, _ any) { o.Set = isSet }

func (*Optional[T]) schemaType() reflect.Type { return reflect.TypeFor[T]() }
