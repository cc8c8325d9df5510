import type { Outgoing, Transport } from '@techno/actor';
import { HEADER, type Headers } from '@techno/contracts';
import { errorCode, errorMessage } from '@techno/kernel';
import { sendSpan, type Span, type Tracer } from '@techno/telemetry';

/**
 * The transport, with a `producer` span around each message whose trace is recorded; what handles the message hangs below it.
 * For all the others it is the transport itself.
 */
export function tracedTransport(transport: Transport, tracer: Tracer): Transport {
  return {
    publish(message) {
      const parent = message.headers[HEADER.traceparent];
      if (!tracer.isRecorded(parent)) return transport.publish(message);
      const span = begin(message, parent, 'publish');
      return ended(span, transport.publish(below(span, message)));
    },
    schedule(message, delayMs, key) {
      const parent = message.headers[HEADER.traceparent];
      if (!tracer.isRecorded(parent)) return transport.schedule(message, delayMs, key);
      const span = begin(message, parent, 'schedule');
      span.setAttributes({ 'techno.delay_ms': Math.round(delayMs) });
      return ended(span, transport.schedule(below(span, message), delayMs, key));
    },
    reply(subject, headers, data) {
      const parent = headers[HEADER.traceparent];
      if (!tracer.isRecorded(parent)) return transport.reply(subject, headers, data);
      const span = begin({ subject, headers, id: undefined }, parent, 'reply');
      transport.reply(subject, headers, data);
      span.end();
    },
  };

  function begin(
    { subject, headers, id }: { subject: string; headers: Headers; id: string | undefined },
    parent: string,
    operation: 'publish' | 'schedule' | 'reply',
  ): Span {
    const sent = sendSpan({ subject, template: headers[HEADER.eventType], messageId: id }, { operation });
    return tracer.start(sent.name, { kind: 'producer', parent, attributes: sent.attributes });
  }
}

function below(span: Span, message: Outgoing): Outgoing {
  return { ...message, headers: { ...message.headers, [HEADER.traceparent]: span.traceparent } };
}

async function ended(span: Span, stored: Promise<void>): Promise<void> {
  try {
    await stored;
  } catch (error) {
    span.recordError(errorCode(error), errorMessage(error));
    throw error;
  } finally {
    span.end();
  }
}
