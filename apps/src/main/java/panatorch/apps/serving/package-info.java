/** What {@code panatorch serve} adds to the server: models from files and folders, and images and texts as their inputs. */
@NullMarked
package panatorch.apps.serving;

import org.jspecify.annotations.NullMarked;
