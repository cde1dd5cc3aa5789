/** The part of `pg` that is used; its types know it only as a part of the whole. */
declare module 'pg/lib/client' {
  import pg = require('pg');
  const Client: typeof pg.Client;
  export default Client;
}
