package api

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// overrideHeader carries the real method of a POST: the Qlik REST connector can
// only GET and POST.
const overrideHeader = "X-HTTP-Method-Override"

// methodFault is the key under which checkMethod leaves what is wrong with a
// request's method, for refuseMethod.
type methodFault struct{}

// checkMethod replaces the method of a POST by the one that its override header
// names. It stands before fiber, which would have chosen the routes already and
// answers methods it does not know without asking the error handler.
func checkMethod(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		h := &ctx.Request.Header
		method := string(h.Method())
		override := h.Peek(overrideHeader)
		switch {
		case !slices.Contains(fiber.DefaultMethods, method):
			ctx.SetUserValue(methodFault{}, "the method is unknown")
			h.SetMethod(fiber.MethodPost) // one that fiber takes, and refuseMethod ends
		case method != fiber.MethodPost || override == nil:
		default:
			method = strings.ToUpper(string(override))
			if !canOverride(method) {
				ctx.SetUserValue(methodFault{}, overrideHeader+" must be GET, PUT, PATCH or DELETE")
				break
			}
			h.SetMethod(method)
		}
		next(ctx)
	}
}

// canOverride leaves out HEAD, whose answers have no body that a client of POST
// would wait for, and what is meant for proxies.
func canOverride(method string) bool {
	return slices.Contains([]string{fiber.MethodGet, fiber.MethodPost, fiber.MethodPut, fiber.MethodPatch, fiber.MethodDelete}, method)
}

// refuseMethod refuses what checkMethod has found wrong.
func refuseMethod(c *fiber.Ctx) error {
	if detail, ok := c.Locals(methodFault{}).(string); ok {
		return invalid(detail)
	}
	return c.Next()
}
