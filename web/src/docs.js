import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./page.css";

import { mountBar } from "./bar.js";
import { config } from "./config.js";
import { authorization } from "./session.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

mountBar();
SwaggerUI({
  url: config.openapi,
  domNode: document.getElementById("page"),
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  docExpansion: "list",
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null, // the default asks a server of somebody else's
  requestInterceptor: (request) => {
    const named = Object.keys(request.headers ?? {}).some((name) => name.toLowerCase() === "authorization");
    const ours = new URL(request.url, location.href).origin === location.origin;
    if (ours && !named) request.headers = { ...request.headers, ...authorization() };
    return request;
  },
});
