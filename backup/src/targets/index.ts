export { engineWords, IN_ROOM, parseS3Keys, s3Credentials, sshArguments } from './engine-words.ts'
export { chooseHostKey, fingerprint, type HostKey, knownHost } from './host-key.ts'
export {
  DISK_LABEL,
  NEW_TARGET_STATE,
  TARGET_NAME,
  type Target,
  type TargetState,
  targetSchema,
  targetStateSchema,
} from './target.ts'
export { parsePlace, placeUrl, type TargetPlace } from './target-url.ts'
