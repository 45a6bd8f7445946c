// How somebody uses a page: with a pointer, or with the keyboard alone. Both do the same.

import assert from 'node:assert/strict';

const kMostTabs = 250;
const kRow = 9;

export class Pointer {
  name = 'pointer';
  constructor(page) {
    this.page = page;
  }
  press(locator) {
    return locator.click();
  }
  write(locator, text) {
    return locator.fill(text);
  }
  choose(locator, label) {
    return locator.selectOption({ label });
  }
  /** Opens the row of a table that has this text. */
  async openRow(grid, text) {
    const row = grid.locator('[role=row][data-index]').filter({ hasText: text }).first();
    await row.locator('[role=gridcell]').nth(1).click();
  }
  /** Looks for a node on the wall, and opens it. */
  async openNode(wall, name) {
    const { width, height } = await wall.boundingBox();
    const kSteps = 24;
    for (let i = 0; i < kSteps * kSteps; ++i) {
      const position = {
        x: ((i % kSteps) + 0.5) * (width / kSteps),
        y: (Math.floor(i / kSteps) + 0.5) * (height / kSteps),
      };
      await wall.hover({ position });
      if (!(await wall.getByText(name, { exact: true }).count())) continue;
      await wall.click({ position });
      return wall.getByText('Open', { exact: true }).click();
    }
    throw new Error(`${name} is not on the wall`);
  }
  async goTo(view) {
    await this.page
      .getByRole('navigation', { name: 'Views' })
      .getByRole('link', { name: view })
      .click();
  }
}

export class Keyboard {
  name = 'keyboard';
  constructor(page) {
    this.page = page;
  }

  /** Tab after Tab until it has the focus, where one sees that it has. */
  async reach(locator) {
    await locator.first().waitFor();
    for (let i = 0; i < kMostTabs; ++i) {
      const at = await locator.first().evaluate((element) => {
        if (element !== document.activeElement) return null;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return {
          isSeen: (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none',
        };
      });
      if (at) {
        assert.ok(at.isSeen, `${locator}: it has the focus, and one does not see it`);
        return;
      }
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`${locator} is not reached with ${kMostTabs} tabs`);
  }
  async press(locator) {
    await this.reach(locator);
    const isChoice = await locator.first().evaluate((element) => element.localName === 'input');
    await this.page.keyboard.press(isChoice ? 'Space' : 'Enter');
  }
  async write(locator, text) {
    await this.reach(locator);
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.type(text);
  }
  async choose(locator, label) {
    await this.reach(locator);
    await this.page.keyboard.type(label);
  }
  async openRow(grid, text) {
    const row = grid.locator('[role=row][data-index]');
    await row.first().waitFor();
    await this.reach(grid.locator('[role=row][data-index][tabindex="0"]'));
    await this.page.keyboard.press('Home');
    for (let i = 0; i < kMostTabs; ++i) {
      await this.page.waitForTimeout(30); // the focus follows at the next frame
      const focused = await this.page.evaluate(() => document.activeElement?.textContent ?? '');
      if (focused.includes(text)) return this.page.keyboard.press('Enter');
      await this.page.keyboard.press('ArrowDown');
    }
    throw new Error(`no row with "${text}"`);
  }
  async openNode(wall, name) {
    await this.reach(wall);
    for (let i = 0; i < kMostTabs; ++i) {
      // To and fro, a row after the other.
      const sideways = Math.floor(i / kRow) % 2 ? 'ArrowLeft' : 'ArrowRight';
      await this.page.keyboard.press(i % kRow === kRow - 1 ? 'ArrowDown' : sideways);
      if (await wall.getByText(name, { exact: true }).count()) {
        return this.page.keyboard.press('Enter');
      }
    }
    throw new Error(`${name} is not reached on the wall`);
  }
  /** By its two keys, or where it has none by the palette. */
  async goTo(view) {
    await this.page.evaluate(() => document.activeElement?.blur?.());
    await this.page.keyboard.press('/');
    await this.page.getByRole('dialog').getByRole('combobox').waitFor();
    await this.page.keyboard.type(`Go to: ${view}`);
    await this.page.getByRole('option', { name: `Go to: ${view}` }).waitFor();
    await this.page.keyboard.press('Enter');
  }
}
