// The peer: PostGraphile 5 over the relational copy of the data set, one process, lists where the page has lists.
import { createServer } from 'node:http'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

const { DATABASE_URL, POOL = '8' } = process.env
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: DATABASE_URL, schemas: ['onto'], poolConfig: { max: +POOL, min: +POOL } })],
  grafserv: { watch: false, graphiql: false, websockets: false, graphqlPath: '/graphql' },
  grafast: { explain: false },
})
const server = createServer()
server.on('error', error => { console.error(error); process.exit(1) })
instance.createServ(grafserv).addTo(server)
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume() // whoever started it is gone
