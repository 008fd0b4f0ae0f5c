// What the server tells the page: a data block, which no policy executes.
const block = document.getElementById("config");

export const config = {
  endpoint: "/graphql",
  openapi: "/openapi.json",
  tokens: {},
  examples: [],
  ...JSON.parse(block?.textContent || "{}"),
};
