#include "serve/api/invitation_page.h"

namespace lockstep::serve {
namespace {

constexpr const char* kPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Lockstep: set your password</title>
<link rel="stylesheet" href="/invitation.css">
<main>
  <h1>Lockstep</h1>
  <form id="form" method="post">
    <label for="password">Your password, ten characters or more</label>
    <input id="password" type="password" autocomplete="new-password" minlength="10" required autofocus>
    <label for="again">The same again</label>
    <input id="again" type="password" autocomplete="new-password" required>
    <button>Set it</button>
  </form>
  <p id="told" role="status"></p>
</main>
<script src="/invitation.js"></script>
</html>
)html";

constexpr const char* kStyle =
    R"css(:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 24rem; margin: 12vh auto; padding: 0 1rem; }
label { display: block; margin-top: 1rem; }
input, button { box-sizing: border-box; width: 100%; padding: 0.6rem; font: inherit; }
button { margin-top: 1.5rem; }
)css";

constexpr const char* kScript = R"js("use strict";
const form = document.getElementById("form");
const told = document.getElementById("told");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = document.getElementById("password").value;
  if (password !== document.getElementById("again").value) {
    told.textContent = "The two are not the same.";
    return;
  }
  try {
    const answer = await fetch("/api/v1/invitation", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Lockstep-Request": "1" },
      body: JSON.stringify({ invitation: location.hash.slice(1), password }),
    });
    const document_ = await answer.json();
    if (!answer.ok) {
      told.textContent = document_.error.message;
      return;
    }
    form.hidden = true;
    history.replaceState(null, "", "/invitation");
    told.textContent = `Done: you can log in as ${document_.name}.`;
  } catch {
    told.textContent = "The server does not answer: try again.";
  }
});
)js";

HttpResponse file(const char* type, const char* body) {
  HttpResponse response;
  response.type = type;
  response.body = body;
  response.headers = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
       "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"Referrer-Policy", "no-referrer"},
      {"Cache-Control", "no-store"}};
  return response;
}

}  // namespace

std::optional<HttpResponse> page_for_browsers(const HttpRequest& request) {
  const auto& path = request.target.path;
  if (path.size() != 1 || (request.method != "GET" && request.method != "HEAD")) {
    return std::nullopt;
  }
  if (path[0] == "invitation") return file("text/html; charset=utf-8", kPage);
  if (path[0] == "invitation.css") return file("text/css; charset=utf-8", kStyle);
  if (path[0] == "invitation.js") return file("text/javascript; charset=utf-8", kScript);
  return std::nullopt;
}

}  // namespace lockstep::serve
