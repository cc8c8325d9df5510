export {
  ACTION_STATUSES,
  type ActionAllowed,
  actionAllowed,
  type ActionAnswered,
  actionAnswered,
  type ActionCompleted,
  actionCompleted,
  type ActionDenied,
  actionDenied,
  type ActionFailed,
  actionFailed,
  type ActionRequest,
  actionRequest,
  type ActionRequested,
  actionRequested,
  type ActionStatus,
  actionStatus,
  type Decision,
  decision,
  FAILURE_CLASSES,
  type FailureClass,
  type RateState,
  TERMINAL_STATUSES,
} from './actions.ts';
export {
  type AllowClaim,
  type AllowKeys,
  type AllowVerdict,
  inputHash,
  parseAllowKeys,
  signAllow,
  verifyAllow,
} from './allow.ts';
export { type ApiKeyMode, apiKeyHint, hashApiKey, isWellFormedApiKey, newApiKey } from './api-key.ts';
export {
  type AuditedType,
  CANONICAL_EVENTS,
  type CanonicalEvent,
  type CanonicalEventName,
  eventsOf,
} from './canonical-events.ts';
export { type DeadLetter, deadLettered } from './dead-letter.ts';
export { GATES, type GateName, gateName, type GateVerdict, type ReasonCode, reasonCode, REASONS } from './gates.ts';
export { ERROR_CODES, type ErrorDoc } from './error-codes.ts';
export { HEADER, type Headers } from './headers.ts';
export {
  applyPolicy,
  authorize,
  createKey,
  decideStep,
  explainDecision,
  gateExplanation,
  getPolicy,
  keyView,
  type KeyView,
  listKeys,
  listPolicies,
  newKey,
  policyView,
  revokeKey,
  rotateKey,
} from './gate-engine-requests.ts';
export { actionView, type ActionView, auditOfAction, auditRowView, findAction, listActions } from './auditor-requests.ts';
export {
  type Addresses,
  contact,
  type Contact,
  type ContactInput,
  contactView,
  type ContactView,
  deleteContact,
  getContact,
  listContacts,
  putContact,
  unsuppress,
  webhookSecretOf,
} from './contacts.ts';
export {
  ATTEMPT_CLASSES,
  attemptClass,
  type AttemptClass,
  channelName,
  type ChannelName,
  CHANNELS,
  DELIVERY_STATUSES,
  deliveryStatus,
  type DeliveryStatus,
  notificationAccepted,
  type NotificationAnswer,
  notificationDelivered,
  notificationDispatched,
  notificationFailed,
  type NotificationNews,
  notificationReceipt,
  type NotificationReceipt,
  notificationRefused,
  type NotificationRefused,
  notificationRequest,
  type NotificationRequest,
  notificationRequested,
  type NotificationRequested,
  type NotificationRequestInput,
  RECEIPT_STATUSES,
  receiptStatus,
  type ReceiptStatus,
  type Recipient,
  SEVERITIES,
  severity,
  type Severity,
} from './notifications.ts';
export {
  attemptView,
  checkNotification,
  deliveryView,
  type DeliveryView,
  findNotification,
  listNotifications,
  notificationStatus,
  notificationView,
  type NotificationView,
} from './notifications-requests.ts';
export {
  getTemplate,
  listTemplates,
  previewTemplate,
  putTemplate,
  renderedView,
  template,
  type Template,
  templateName,
  templateView,
  type TemplateView,
  templateWords,
  type TemplateWords,
} from './notifications-templates.ts';
export { type StepDecided, stepDecided, type StepEnded, stepEnded } from './steps.ts';
export { type BodyOf, defineMessage, type MessageContract, narrowed } from './message.ts';
export {
  type ActionSpec,
  type CompositeStep,
  type Effect,
  effect,
  type Limits,
  matchesPattern,
  type PolicyDocument,
  policyDocument,
  type PolicyInput,
  type Upstream,
} from './policy.ts';
export { type Credential, credential, type Permission, permission, PERMISSIONS, type Principal, principal } from './principal.ts';
export { defineRequest, type RequestContract, requestSubject } from './request.ts';
export { type ServiceName, SERVICES } from './services.ts';
export { retrySubject, scheduleSubject, type StreamName, STREAMS, type StreamSpec } from './streams.ts';
