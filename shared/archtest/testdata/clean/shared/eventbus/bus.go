package eventbus

type Bus struct{}

func Publishes[E any](*Bus, string) {}
