// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a stream of JSON objects, with or without white space between them, into the objects: counts
 * brackets outside strings. Whether what is in them is JSON, the parser says.
 */
public final class JsonFramer {
  private final int maxBytes;
  private final ByteArrayOutputStream object = new ByteArrayOutputStream();
  private int depth;
  private boolean inString;
  private boolean escaped;

  /**
   * @param maxBytes longest object
   */
  public JsonFramer(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Takes all of {@code in}.
   *
   * @return the objects that it completes
   * @throws IOException something between objects, or an object that is too long
   */
  public List<byte[]> take(ByteBuffer in) throws IOException {
    List<byte[]> done = new ArrayList<>();
    while (in.hasRemaining()) {
      byte b = in.get();
      if (depth == 0) {
        if (b == '{') {
          depth = 1;
          object.write(b);
        } else if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
          throw new IOException("no JSON object begins with byte " + (b & 0xff));
        }
        continue;
      }
      object.write(b);
      if (escaped) {
        escaped = false;
      } else if (inString) {
        escaped = b == '\\';
        inString = b != '"';
      } else if (b == '"') {
        inString = true;
      } else if (b == '{' || b == '[') {
        depth++;
      } else if ((b == '}' || b == ']') && --depth == 0) {
        done.add(object.toByteArray());
        object.reset();
      }
      if (object.size() > maxBytes) {
        throw new IOException("message of more than " + maxBytes + " bytes");
      }
    }
    return done;
  }
}
