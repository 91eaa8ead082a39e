/** The form of an appliance’s name; it becomes part of paths, containers and networks. */
export const APPLIANCE_NAME = /^[a-z][a-z0-9-]{0,30}$/
