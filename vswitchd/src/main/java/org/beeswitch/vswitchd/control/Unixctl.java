// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages of OVS's unixctl ({@code lib/unixctl.c}), JSON-RPC 1.0 without anything between two
 * messages: {@code {"id":0,"method":"list-commands","params":[]}} is answered by {@code
 * {"id":0,"result":"...","error":null}}, one of the two null. Parameters are strings.
 *
 * <p>By Jackson's streaming interface, which a command that lives for milliseconds can afford.
 */
public final class Unixctl {
  private static final JsonFactory JSON = new JsonFactory();

  private Unixctl() {}

  /**
   * What a client wants.
   *
   * @param id as it was written: any JSON scalar
   */
  public record Request(String id, String method, List<String> params) {
    public Request {
      params = List.copyOf(params);
    }
  }

  /** What it gets: a result or an error. */
  public record Reply(String id, @Nullable String result, @Nullable String error) {}

  /**
   * Reads a request.
   *
   * @throws IOException it is none
   */
  public static Request readRequest(byte[] json) throws IOException {
    String id = "null";
    String method = null;
    List<String> params = new ArrayList<>();
    try (JsonParser p = JSON.createParser(json)) {
      beginObject(p);
      while (p.nextToken() == JsonToken.FIELD_NAME) {
        String name = p.currentName();
        JsonToken value = p.nextToken();
        if (name.equals("method") && value == JsonToken.VALUE_STRING) {
          method = p.getText();
        } else if (name.equals("id") && value.isScalarValue()) {
          id = value == JsonToken.VALUE_STRING ? quote(p.getText()) : p.getText();
        } else if (name.equals("params") && value == JsonToken.START_ARRAY) {
          while (p.nextToken() != JsonToken.END_ARRAY) {
            if (p.currentToken() != JsonToken.VALUE_STRING) {
              throw new IOException("command has a parameter that is not a string");
            }
            params.add(p.getText());
          }
        } else {
          p.skipChildren();
        }
      }
    }
    if (method == null) {
      throw new IOException("message has no method");
    }
    return new Request(id, method, params);
  }

  /**
   * Reads a reply.
   *
   * @throws IOException it is none
   */
  public static Reply readReply(byte[] json) throws IOException {
    String id = "null";
    String result = null;
    String error = null;
    try (JsonParser p = JSON.createParser(json)) {
      beginObject(p);
      while (p.nextToken() == JsonToken.FIELD_NAME) {
        String name = p.currentName();
        JsonToken value = p.nextToken();
        if (name.equals("result") && value == JsonToken.VALUE_STRING) {
          result = p.getText();
        } else if (name.equals("error") && value == JsonToken.VALUE_STRING) {
          error = p.getText();
        } else if (name.equals("id") && value.isScalarValue()) {
          id = p.getText();
        } else {
          p.skipChildren();
        }
      }
    }
    return new Reply(id, result, error);
  }

  private static void beginObject(JsonParser p) throws IOException {
    if (p.nextToken() != JsonToken.START_OBJECT) {
      throw new IOException("message is not an object");
    }
  }

  private static String quote(String s) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator g = JSON.createGenerator(out)) {
      g.writeString(s);
    }
    return out.toString();
  }

  public static byte[] write(Request r) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator g = JSON.createGenerator(out)) {
      g.writeStartObject();
      g.writeFieldName("id");
      g.writeRawValue(r.id());
      g.writeStringField("method", r.method());
      g.writeArrayFieldStart("params");
      for (String p : r.params()) {
        g.writeString(p);
      }
      g.writeEndArray();
      g.writeEndObject();
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  public static byte[] write(Reply r) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator g = JSON.createGenerator(out)) {
      g.writeStartObject();
      g.writeFieldName("id");
      g.writeRawValue(r.id());
      g.writeStringField("result", r.result());
      g.writeStringField("error", r.error());
      g.writeEndObject();
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }
}
