export type { ActorOf, SpawnOptions, UserActor, WaitOptions } from '../session/userActor.ts';
export type { ActorView } from './actorView.ts';
export { offer } from './offer.ts';
export type { Offer, OfferedTool, OfferedTools, OfferOptions } from './offerOptions.ts';
export type { MachineOptions } from './options.ts';
