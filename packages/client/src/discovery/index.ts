export type { FoundServer } from './announcement-book.ts';
export { announcementOf, type AnnouncementOfOptions } from './announcement-of.ts';
export { askAlive, type AskAliveOptions, type Liveness } from './ask-alive.ts';
export { discoverServers, type DiscoverOptions } from './discover-servers.ts';
export { isSaidByServer } from './said-by-server.ts';
export type { SearchOptions } from './search.ts';
